import uuid

import django.db.models.deletion
from django.db import migrations, models

import apps.credentials.encryption


class Migration(migrations.Migration):
    dependencies = [("workflows", "0007_newest")]

    operations = [
        migrations.CreateModel(
            name="WorkflowSecret",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("value", apps.credentials.encryption.EncryptedJSONField()),
                (
                    "key_id",
                    models.CharField(
                        db_index=True, default=apps.credentials.encryption.newest_key_id, max_length=16
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
        )
    ]
