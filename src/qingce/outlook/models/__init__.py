"""Models of the outlook: what the coming days or months may bring, by declared verbs. 研判模型。"""
