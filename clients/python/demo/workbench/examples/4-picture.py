# Picture: a PNG from the standard library alone
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def escape(c, most=60):
    z, n = 0j, 0
    while n < most and z.real * z.real + z.imag * z.imag < 4:
        z, n = z * z + c, n + 1
    return n


width, height = 360, 240
rows = []
for y in range(height):
    row = bytearray(b"\0")
    for x in range(width):
        n = escape(complex(-2.2 + 3.2 * x / width, -1.1 + 2.2 * y / height))
        row += bytes((n * 4 % 256, n * 7 % 256, 90 + n * 2)) if n < 60 else b"\x10\x12\x20"
    rows.append(bytes(row))
    if y % 60 == 59:
        print(f"{y + 1} of {height} rows", flush=True)

with open("output/mandelbrot.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
    file.write(chunk(b"IDAT", zlib.compress(b"".join(rows))))
    file.write(chunk(b"IEND", b""))
