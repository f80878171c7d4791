from ipr_service.evidence.tsp.lifetime import End, end_of
from ipr_service.evidence.tsp.messages import (
    HASH_SIZES,
    OWN_CLOCK_POLICY,
    Query,
    QueryError,
    make_query,
    read_query,
    token_of,
)
from ipr_service.evidence.tsp.responder import Authority, make_authority, refuse, respond
from ipr_service.evidence.tsp.revocation import Known, Revoked, look
from ipr_service.evidence.tsp.verification import TokenReport, verify_token

__all__ = [
    "HASH_SIZES",
    "OWN_CLOCK_POLICY",
    "Authority",
    "End",
    "Known",
    "Query",
    "QueryError",
    "Revoked",
    "TokenReport",
    "end_of",
    "look",
    "make_authority",
    "make_query",
    "read_query",
    "refuse",
    "respond",
    "token_of",
    "verify_token",
]
