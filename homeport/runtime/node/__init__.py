"""Lambda's Node.js runtimes: the interpreter, the bootstrap that runs in it, the SDK that Lambda brings, and builds.

The bootstrap (``bootstrap.cjs`` and the modules beside it) speaks Lambda's Runtime API. It is CommonJS on a plain
socket: ES modules and node:http would make a cold start 10 to 60 ms longer.
"""
