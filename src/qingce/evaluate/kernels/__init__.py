"""Exact array kernels: int64 in, int64 out; no table, no standard. 精确数组核。"""
