"""The processes of one training job on this machine: host, supervisor, ranks. None of them imports Dagster."""
