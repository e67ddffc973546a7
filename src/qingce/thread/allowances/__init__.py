"""What each target leaves to the days, months, counties and tonnes still to come. 余量。"""
