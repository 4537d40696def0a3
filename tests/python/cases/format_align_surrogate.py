print(ascii(f"{'\udc80':>3}"))
