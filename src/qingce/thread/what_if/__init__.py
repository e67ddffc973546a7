"""Targets as they are and as moves by hand would leave them. 情景推演。"""
