"""From a number back to its sentence and its hours, and on to what it moves. 追溯。"""
