"""Views: rows are picked and labelled for a page, never computed. 视图。"""
