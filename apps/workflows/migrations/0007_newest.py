from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0006_notes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterField(
            model_name="workflow", name="deleted_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                fields=["-updated_at", "-id"], name="workflow_newest", condition=models.Q(deleted_at__isnull=True)
            ),
        ),
    ]
