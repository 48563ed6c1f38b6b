# Error: how a program ended, and where
def share(total, people):
    return total / people


print(share(12, 4))
print(share(12, 0))
