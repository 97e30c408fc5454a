"""The command line: `sequence up` and a command for each verb of the client.

Exit codes: 0 done; 1 refused by the server, or the order was rejected; 2 arguments, configuration
or a file cannot be used; 3 no answer from the server, or the database is in use; 4 the address
cannot be bound; 5 the database cannot be used; 130 stopped by Ctrl-C before anything was served.
"""

from sequence.cli.app import main

__all__ = ["main"]
