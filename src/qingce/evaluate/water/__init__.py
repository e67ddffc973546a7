"""Surface waters: sections, basins, cities, lakes, flood season, black-odorous waters. 地表水。"""
