"""What every endpoint of the API shares: one way in, one way to page, one way to say no.

endpoint  the viewset that the rooms' api.py extend, and the shapes they share
errors    problem+json          limits   how often one may ask
listing   cursors over HTTP     session  the browser's session, fresh sign-in
scopes    what a token may      schema   the description in OpenAPI
"""
