import django.db.models
from django.db import migrations

import apps.accounts.models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_telegram_user")]

    operations = [
        migrations.AlterField(
            model_name="userprofile",
            name="timezone",
            field=django.db.models.CharField(
                blank=True,
                default="",
                help_text="Empty: the browser's.",
                max_length=64,
                validators=[apps.accounts.models.validate_timezone],
            ),
        ),
    ]
