"""From Elyra's operations to tasks: plain, frozen data that patches and compilers work on."""
