# Secret: the second door takes it out
config = {"host": "db.internal", "user": "report", "password": "Tr0ub4dor&3-" + "x9Qw"}
for name, value in config.items():
    print(f"{name}: {value}")
