"""Source data: hours, days and months of outlets against their limits. 污染源。"""
