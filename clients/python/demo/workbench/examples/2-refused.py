# Refused: the first door says what, where, and what to do instead
import os

names = os.listdir("data")
print(eval("len(names)"))
