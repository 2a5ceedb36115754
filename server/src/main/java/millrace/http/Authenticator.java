package millrace.http;

import millrace.access.Principal;

/** Tells who holds a token; implemented by the identity room. Runs once a request, so it must not query each time. */
public interface Authenticator {
    /**
     * @param token what follows {@code Bearer}: a JWT or an API key
     * @throws millrace.engine.MillraceException INVALID_BEARER_TOKEN, AUTHENTICATION (unknown API key) or SESSION_EXPIRED
     */
    Principal authenticate(String token);
}
