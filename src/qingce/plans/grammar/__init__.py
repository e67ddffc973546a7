"""The grammar of targets, one module a field. 目标语法。"""
