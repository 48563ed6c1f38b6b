# --- age_in_days
from datetime import date, datetime, timedelta

born = date(1990, 5, 17)
on = date(2024, 2, 29)
years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
print(years, (on - born).days, born.strftime("%A %d %B %Y"))
print(on + timedelta(weeks=2), datetime(2024, 1, 1, 8, 30).isoformat())

# --- parse_many_formats
from datetime import datetime

FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%b %d, %Y", "%Y%m%dT%H%M%S"]


def parse(text):
    for fmt in FORMATS:
        try:
            return datetime.strptime(text, fmt)
        except ValueError:
            continue
    raise ValueError(f"unknown date format: {text!r}")


for t in ("2024-03-01", "17/05/2023", "Jan 05, 2022", "20240229T101500"):
    print(t, "->", parse(t))
try:
    parse("yesterday")
except ValueError as e:
    print(e)

# --- business_days
from datetime import date, timedelta

HOLIDAYS = {date(2024, 12, 25), date(2024, 12, 26)}


def business_days(start, end):
    day = start
    while day <= end:
        if day.weekday() < 5 and day not in HOLIDAYS:
            yield day
        day += timedelta(days=1)


days = list(business_days(date(2024, 12, 20), date(2024, 12, 31)))
print(len(days), [d.isoformat() for d in days])

# --- month_calendar
import calendar

print(calendar.month(2024, 2))
print(calendar.isleap(2024), calendar.monthrange(2024, 2), calendar.day_name[0])
for week in calendar.Calendar(firstweekday=6).monthdayscalendar(2024, 6):
    print(" ".join(f"{d:2}" if d else "  " for d in week))

# --- time_zones
from datetime import datetime, timedelta, timezone

utc = datetime(2024, 7, 1, 12, 0, tzinfo=timezone.utc)
tokyo = timezone(timedelta(hours=9), "JST")
print(utc.astimezone(tokyo).strftime("%H:%M %Z"))
print(utc.timestamp(), datetime.fromtimestamp(0, tz=timezone.utc))

# --- zoneinfo_meeting
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

try:
    start = datetime(2024, 3, 10, 9, 0, tzinfo=ZoneInfo("America/New_York"))
    for zone in ("Europe/Berlin", "Asia/Kolkata"):
        print(zone, start.astimezone(ZoneInfo(zone)).isoformat())
except ZoneInfoNotFoundError as e:
    print("no data for", e)

# --- stopwatch
import time
from contextlib import contextmanager


@contextmanager
def stopwatch(label):
    start = time.perf_counter()
    try:
        yield
    finally:
        print(f"{label}: {time.perf_counter() - start:.6f}s")


with stopwatch("sum"):
    total = sum(i * i for i in range(10_000))
time.sleep(0.001)
print(total, time.strftime("%Y", time.gmtime(0)), time.monotonic() > 0)

# --- decimal_money
from decimal import ROUND_HALF_UP, Decimal, getcontext, localcontext

getcontext().prec = 28
price = Decimal("19.99")
tax = (price * Decimal("0.19")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
print(price + tax, Decimal("0.1") + Decimal("0.2") == Decimal("0.3"))
with localcontext() as ctx:
    ctx.prec = 50
    print(Decimal(2).sqrt())

# --- fractions_series
from fractions import Fraction

total = Fraction(0)
for k in range(1, 11):
    total += Fraction(1, k)
print(total, float(total), total.limit_denominator(100))
print(Fraction("3.25"), Fraction(1, 3) ** 2, Fraction(7, 2).__floor__())

# --- loan_amortisation
principal, rate, years = 200_000, 0.045, 30
monthly = rate / 12
n = years * 12
payment = principal * monthly / (1 - (1 + monthly) ** -n)
balance, interest_total = principal, 0.0
print(f"payment: {payment:,.2f}")
for month in range(1, n + 1):
    interest = balance * monthly
    balance -= payment - interest
    interest_total += interest
    if month % 60 == 0:
        print(f"{month // 12:>2} years: {balance:>12,.2f} left, interest {interest_total:>12,.2f}")

# --- compound_interest_table
for rate in (0.02, 0.05, 0.08):
    value = 1000
    line = f"{rate:>4.0%}"
    for year in range(1, 6):
        value *= 1 + rate
        line += f" {value:>9.2f}"
    print(line)

# --- number_bases
for n in (10, 255, 1024):
    print(f"{n:>5} {n:>12b} {n:>6o} {n:>5x} {n:#X} {bin(n)} {hex(n)} {oct(n)}")
print(int("ff", 16), int("0b101", 0), float("1e-3"), complex("1+2j"))
print(0.1 + 0.2, round(2.675, 2), (0.1).as_integer_ratio(), (255).to_bytes(2, "big"), (10).bit_length())

# --- unit_conversion
CONVERSIONS = {
    ("km", "mi"): lambda v: v * 0.621371,
    ("c", "f"): lambda v: v * 9 / 5 + 32,
    ("f", "c"): lambda v: (v - 32) * 5 / 9,
}


def convert(value, source, target):
    try:
        return CONVERSIONS[source, target](value)
    except KeyError:
        raise ValueError(f"cannot convert {source} to {target}") from None


print(convert(100, "c", "f"), round(convert(42.195, "km", "mi"), 2))
try:
    convert(1, "kg", "m")
except ValueError as err:
    print("error:", err)

# --- complex_roots
import cmath


def quadratic(a, b, c):
    d = cmath.sqrt(b * b - 4 * a * c)
    return (-b + d) / (2 * a), (-b - d) / (2 * a)


for coefficients in ((1, -3, 2), (1, 2, 5)):
    print(coefficients, *(f"{z:.3f}" for z in quadratic(*coefficients)))
print(cmath.polar(1j), cmath.phase(-1), abs(3 + 4j), (3 + 4j).conjugate())

# --- easter_and_moon
def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * l) // 451
    month, day = divmod(h + l - 7 * m + 114, 31)
    return year, month, day + 1


print([easter(y) for y in range(2023, 2027)])

# --- investment_irr
cash_flows = [-1000, 300, 400, 500, 200]


def npv(rate):
    return sum(cf / (1 + rate) ** t for t, cf in enumerate(cash_flows))


low, high = 0.0, 1.0
while high - low > 1e-9:
    mid = (low + high) / 2
    low, high = (mid, high) if npv(mid) > 0 else (low, mid)
print(f"IRR = {low:.4%}, NPV at 5% = {npv(0.05):.2f}")

# --- numerical_integration
import math


def simpson(f, a, b, n=100):
    h = (b - a) / n
    odd = sum(f(a + i * h) for i in range(1, n, 2))
    even = sum(f(a + i * h) for i in range(2, n, 2))
    return h / 3 * (f(a) + 4 * odd + 2 * even + f(b))


print(simpson(math.sin, 0, math.pi), simpson(lambda x: math.exp(-x * x), -3, 3), math.sqrt(math.pi))

# --- bits_and_bytes
import binascii
import struct
import zlib

packed = struct.pack("<IHf", 1, 2, 3.5)
print(packed.hex(), struct.unpack("<IHf", packed), struct.calcsize("<IHf"))
print(binascii.crc32(packed), zlib.decompress(zlib.compress(packed * 10)) == packed * 10)
print(bytes.fromhex("48656c6c6f").decode(), "é".encode("latin-1"), bytearray(b"abc").upper())

# --- uuid_and_ids
import uuid

namespace = uuid.uuid5(uuid.NAMESPACE_DNS, "example.com")
print(namespace, namespace.version, len(uuid.uuid4().hex))
