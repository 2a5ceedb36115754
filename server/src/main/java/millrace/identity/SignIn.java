package millrace.identity;

/** Body of a sign-in. */
record SignIn(String email, String password) {
    private static final int MAX_TEXT = 1_000;

    SignIn {
        if (email.length() > MAX_TEXT || password.length() > MAX_TEXT) {
            throw new IllegalArgumentException("email and password must not have more than 1,000 characters");
        }
    }

    @Override
    public String toString() {
        return "SignIn[***]";
    }
}
