"""The Python peers, one a module.

Each has DISTRIBUTION, the package that its version is asked of, and one or both of

* `sign(message)`, which gives the fields of the signed request as lists of a name and a value, and leaves the target that goes
  out in `message.target`;
* `verify(message)`, which says whether the peer accepts, or raises.
"""
