# needs: colorama
import colorama
colorama.init()
print(repr(colorama.Fore.RED + "x" + colorama.Style.RESET_ALL), colorama.Cursor.UP(2).encode())
