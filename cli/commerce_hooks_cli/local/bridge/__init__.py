"""What the emulator lacks, made up for in this one place, and nowhere in the template.

Each function is one gap of ministack 1.5.33 and says why it is there; delete it when ministack
can do it itself. What can't be made up for is listed in ARCHITECTURE.md.

In the template (`adapt`), before the deployment:
- routes: an HTTP API's OpenAPI `Body` is ignored, so each path becomes a Route and an Integration;
- methods: ANY in a REST API's `Body` is ignored, so it becomes the seven that it stands for;
- gateway responses: in a REST API's `Body` they are ignored, so each becomes a resource;
- binary media types: `~1` in them is taken literally, so it becomes the slash that it means;
- address: the APIs are served at our front door, over plain HTTP, not where they say;
- alarms: expressions are refused, and no metric gets there, so alarms are left out;
- archives: AWS::Events::Archive is an unknown type, so its properties become an output, and
  references to it the name or ARN that it will have.

Through AWS's API (`complete`), after it:
- archives: made from those outputs.

Inside the emulator (`install`, `as_if_tls`, `remembering_headers`, `too_large`,
`session_credential`, `end_functions`), which its settings don't reach:
- conditions on what PutEvents carries: `events:source` and `events:detail-type` are unknown;
- rights to rows and paths: `dynamodb:LeadingKeys` is unknown, and so is GetParametersByPath's path;
- batches of messages: they ask for rights of their own, which there are none of;
- events: each gets the time at which it is put, not its own, and a replay goes to all rules;
- log lines: a search by JSON's fields finds every line;
- TLS: loopback has none, and the bucket's policy refuses what came without;
- a REST API's events: repeated headers are joined, of repeated parameters it shows the first,
  and a body without a type is text even where all types are binary;
- a REST API's answers: to a request over the quota there is none, to a failing function's caller
  goes a stack trace;
- runtime API: slow by Nagle's algorithm, and open to every page in a browser and every user;
- sessions: the keys of the functions' roles are hashes of names, and the guard has to know them;
- functions: not ended with the emulator.
"""

from commerce_hooks_cli.local.bridge.archives import complete
from commerce_hooks_cli.local.bridge.emulator import (
    as_if_tls,
    end_functions,
    event_conditions,
    install,
    session_credential,
)
from commerce_hooks_cli.local.bridge.gateway_responses import too_large
from commerce_hooks_cli.local.bridge.rest_events import remembering_headers
from commerce_hooks_cli.local.bridge.template import adapt

__all__ = [
    "adapt",
    "as_if_tls",
    "complete",
    "end_functions",
    "event_conditions",
    "install",
    "remembering_headers",
    "session_credential",
    "too_large",
]
