"""The outlook of a campaign: tables, warnings, what-if, the verb and its own back-test. 研判的编排。"""
