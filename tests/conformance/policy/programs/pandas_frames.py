# --- frame_summary
import pandas as pd

df = pd.DataFrame({"name": ["Ann", "Bob", "Cid"], "age": [31, 27, 45], "city": ["Rome", "Oslo", "Rome"]})
print(df.head(2))
print(df.describe().loc["mean", "age"], df.shape, list(df.columns), df["age"].max())
print(df[df["age"] > 30].sort_values("age", ascending=False).reset_index(drop=True))
print(df.groupby("city")["age"].agg(["mean", "count"]))

# --- read_csv_text
import io

import pandas as pd

text = "day,amount\n2024-01-05,2\n2024-01-09,\n2024-02-01,7\n"
df = pd.read_csv(io.StringIO(text), parse_dates=["day"])
df["amount"] = df["amount"].fillna(df["amount"].median())
df["month"] = df["day"].dt.to_period("M").astype(str)
print(df.dtypes.to_dict(), df.groupby("month")["amount"].sum().to_dict(), df.isna().sum().sum())

# --- pivot_and_melt
import numpy as np
import pandas as pd

sales = pd.DataFrame({"year": [2023, 2023, 2024, 2024], "q": ["Q1", "Q2", "Q1", "Q2"], "amount": [5, 7, 6, 9]})
wide = sales.pivot_table(index="year", columns="q", values="amount", aggfunc="sum", margins=True)
print(wide)
print(wide.reset_index().melt(id_vars="year", value_name="amount").head(3))
print(pd.crosstab(sales["year"], sales["q"]), np.round(sales["amount"].std(), 3))

# --- merge_and_concat
import pandas as pd

users = pd.DataFrame({"id": [1, 2, 3], "name": list("abc")})
orders = pd.DataFrame({"user": [1, 1, 3], "total": [20.0, 5.0, 9.0]})
merged = users.merge(orders, left_on="id", right_on="user", how="left").fillna({"total": 0})
print(merged.groupby("name", as_index=False)["total"].sum())
print(pd.concat([users, users.assign(name="z")], ignore_index=True).drop_duplicates("id", keep="last"))

# --- time_series_resample
import numpy as np
import pandas as pd

index = pd.date_range("2024-01-01", periods=60, freq="D")
series = pd.Series(np.arange(60) % 7, index=index, name="visits")
weekly = series.resample("W").sum()
print(weekly.head(3), series.rolling(7).mean().iloc[-1], series.shift(1).isna().sum())
print(series["2024-02"].mean().round(2), series.pct_change().replace([np.inf, -np.inf], np.nan).dropna().size)

# --- query_and_eval
import pandas as pd

df = pd.DataFrame({"price": [1.5, 4.0, 9.0], "qty": [10, 3, 1], "kind": ["a", "b", "a"]})
limit = 2
print(df.query("price > 2 and kind == 'a'"))
print(df.query("qty > @limit")["price"].tolist())
df["total"] = df.eval("price * qty")
print(df.nlargest(1, "total"), df.loc[df["kind"].isin(["a"]), ["price", "total"]])

# --- apply_and_map
import pandas as pd


def band(age):
    return "young" if age < 30 else "middle" if age < 60 else "old"


df = pd.DataFrame({"age": [12, 35, 70], "name": [" ann ", "BOB", "Cid"]})
df["band"] = df["age"].apply(band)
df["name"] = df["name"].str.strip().str.title()
df["score"] = df.apply(lambda row: row["age"] * len(row["name"]), axis=1)
df["code"] = df["band"].map({"young": 1, "middle": 2, "old": 3}).astype("category")
for i, row in df.iterrows():
    print(i, row["name"], row.band, row.score)
print([t.name for t in df.itertuples()], pd.cut(df["age"], bins=[0, 18, 65, 120], labels=["c", "a", "s"]).tolist())

# --- missing_and_duplicates
import numpy as np
import pandas as pd

df = pd.DataFrame({"a": [1, np.nan, 3, 3], "b": ["x", None, "y", "y"]})
print(df.isnull().sum().to_dict(), df.duplicated().sum(), df.dropna().shape)
clean = df.drop_duplicates().assign(a=lambda d: d["a"].interpolate(), b=lambda d: d["b"].fillna("?"))
print(clean, clean.to_dict(orient="records"), pd.to_numeric(pd.Series(["1", "x"]), errors="coerce").isna().tolist())

# --- write_outputs
import pandas as pd

df = pd.DataFrame({"k": ["a", "b"], "v": [1, 2]})
df.to_csv("output/table.csv", index=False)
print(pd.read_csv("output/table.csv").equals(df), df.to_json(orient="records"))
print(df.to_string(index=False), df.to_html(border=0)[:6])
with open("output/report.txt", "w") as f:
    f.write(df.describe(include="all").to_string())

# --- multiindex_stack
import pandas as pd

idx = pd.MultiIndex.from_product([["A", "B"], [2023, 2024]], names=["team", "year"])
df = pd.DataFrame({"points": [3, 5, 8, 1]}, index=idx)
print(df.unstack("year"), df.xs(2024, level="year"), df.groupby(level="team").transform("sum")["points"].tolist())
print(df.loc[("A", 2023), "points"], df.swaplevel().sort_index().index[0])

# --- cohort_table
import pandas as pd

visits = pd.DataFrame({
    "user": [1, 1, 2, 2, 3, 1],
    "when": pd.to_datetime(["2024-01-03", "2024-02-10", "2024-01-20", "2024-03-01", "2024-02-02", "2024-03-09"]),
})
visits["month"] = visits["when"].dt.strftime("%Y-%m")
visits["cohort"] = visits.groupby("user")["month"].transform("min")
table = visits.groupby(["cohort", "month"])["user"].nunique().unstack(fill_value=0)
print(table, table.sum().sum(), pd.Timestamp("2024-01-31") + pd.DateOffset(months=1), pd.Timedelta("2h30m"))

# --- styled_percentages
import pandas as pd

pd.set_option("display.max_columns", 10)
pd.options.display.float_format = "{:.2f}".format
s = pd.Series({"a": 3, "b": 5, "c": 2})
share = (s / s.sum() * 100).round(1)
print(share.sort_values(ascending=False).to_frame("percent").assign(total=lambda d: d["percent"].cumsum()))
print(s.value_counts(normalize=True).iloc[0], s.idxmax(), s.rank().tolist(), s.between(2, 3).sum(), pd.__version__ > "1")
