"""Ambient air: hours, days, periods, indices, rankings and indicator values. 环境空气。"""
