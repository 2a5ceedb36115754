package millrace.http;

/**
 * A request that can't be read, or is refused before a room sees it; answered with the framework's body {@code
 * {statusCode, error, message}} (reference/rest-api §1).
 */
final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    private BadRequest(int status, String message) {
        // No stack trace: it is an answer, thrown where the fault is found.
        super(message, null, false, false);
        this.status = status;
    }

    static BadRequest of(String message) {
        return new BadRequest(400, message);
    }

    static BadRequest tooLarge() {
        return new BadRequest(413, "Request body is too large");
    }

    static BadRequest unsupported(String message) {
        return new BadRequest(415, message);
    }

    static BadRequest tooMany(String message) {
        return new BadRequest(429, message);
    }

    static BadRequest routeNotFound() {
        return new BadRequest(404, "Route not found");
    }

    int status() {
        return status;
    }

    String reason() {
        return switch (status) {
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 413 -> "Payload Too Large";
            case 415 -> "Unsupported Media Type";
            default -> "Too Many Requests";
        };
    }

    @Override
    public String getMessage() {
        return java.util.Objects.requireNonNullElse(super.getMessage(), "");
    }
}
