"""What may still be: allowances of every kind and their parts over months and counties. 剩余允许值。"""
