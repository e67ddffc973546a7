"""The outlook of sections, their shares and the water index. 断面与水质指数。"""
