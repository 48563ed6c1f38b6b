from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Execution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("execution_id", models.CharField(blank=True, db_index=True, max_length=64)),
                ("user_id", models.CharField(blank=True, db_index=True, max_length=255)),
                ("code", models.TextField(blank=True)),
                ("success", models.BooleanField()),
                ("error_type", models.CharField(blank=True, max_length=255)),
                ("error_message", models.TextField(blank=True)),
                ("stdout", models.TextField(blank=True)),
                ("stderr", models.TextField(blank=True)),
                ("validation_violations", models.JSONField(blank=True, default=list)),
                ("output_violations", models.JSONField(blank=True, default=list)),
                ("was_output_redacted", models.BooleanField(default=False)),
                ("execution_time_seconds", models.FloatField(blank=True, null=True)),
                ("total_time_seconds", models.FloatField(blank=True, null=True)),
            ],
            options={"ordering": ["-created_at", "-id"]},
        ),
    ]
