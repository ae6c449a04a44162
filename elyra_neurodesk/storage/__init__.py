"""The object store: one interface, one tree of errors, a directory, or S3 in two ways.

::

    interface.py    what the rest of the package asks of an object store
    errors.py       the errors, and what a failure means (`classify_answer`)
    location.py     endpoint, bucket, prefix and keys
    directory.py    objects as files of a directory; partfile.py: files that are being written
    s3.py           retries and errors around a transport
    transport.py    what a way to S3 must do: minio_transport.py, curl_transport.py
    task.py         the store as a task sees it
    client.py       the store that a runtime configuration names
    uploads.py      uploads of what the store lacks; progress.py reports them

A task's container imports it too (bootstrapper/zipapp.py), except for the last three: standard library only
at import.
"""
