# Stream: output is shown as it is printed
import time

for left in range(5, 0, -1):
    print(f"{left} …", flush=True)
    time.sleep(0.6)
print("Lift-off")
