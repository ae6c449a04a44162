"""The tables: the fields of the classes in records.py, and ``seq``, the order of arrival."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS packages (package TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pipelines (
    seq INTEGER PRIMARY KEY, pipeline_id TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS versions (
    seq INTEGER PRIMARY KEY, version_id TEXT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (pipeline_id) ON DELETE CASCADE,
    display_name TEXT NOT NULL, description TEXT NOT NULL, created_at TEXT NOT NULL, package TEXT NOT NULL,
    UNIQUE (pipeline_id, display_name)
);
CREATE TABLE IF NOT EXISTS experiments (
    seq INTEGER PRIMARY KEY, experiment_id TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL, created_at TEXT NOT NULL, storage_state TEXT NOT NULL,
    last_run_created_at TEXT
);
CREATE TABLE IF NOT EXISTS runs (
    seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, experiment_id TEXT NOT NULL,
    display_name TEXT NOT NULL, description TEXT NOT NULL, pipeline_id TEXT NOT NULL,
    version_id TEXT NOT NULL, pipeline_name TEXT NOT NULL, package TEXT NOT NULL, parameters TEXT NOT NULL,
    state TEXT NOT NULL, storage_state TEXT NOT NULL, created_at TEXT NOT NULL, started_at TEXT,
    finished_at TEXT, message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE INDEX IF NOT EXISTS runs_by_creation ON runs (created_at, seq);
CREATE INDEX IF NOT EXISTS runs_by_experiment ON runs (experiment_id);
CREATE TABLE IF NOT EXISTS tasks (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE, name TEXT NOT NULL,
    position INTEGER NOT NULL, display_name TEXT NOT NULL, parents TEXT NOT NULL, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, failures INTEGER NOT NULL, lost INTEGER NOT NULL, pid INTEGER NOT NULL,
    pid_started TEXT NOT NULL, directory TEXT NOT NULL, started_at TEXT, finished_at TEXT,
    exit_code INTEGER, message TEXT NOT NULL, outputs TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
) WITHOUT ROWID;
"""
