"""Judging what a campaign was fed, and only what came since the build before. 评价的编排。"""
