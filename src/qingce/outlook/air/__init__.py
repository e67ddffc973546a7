"""The outlook of statistics of air: the panel of days, what is drawn and what evaluate says of it. 空气。"""
