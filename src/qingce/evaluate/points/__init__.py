"""Media judged point by point: groundwater, soil, noise, drinking water, dustfall. 按点位评价的介质。"""
