package millrace.identity;

import millrace.access.PrincipalType;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;

/** The street door of people. */
public final class IdentityRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int MAX_LIMIT = 1_000;

    private final IdentityService identities;

    public IdentityRoutes(IdentityService identities) {
        this.identities = identities;
    }

    @Override
    public void declare(Routes routes) {
        routes.post("/authentication/sign-up", this::signUp)
                .open()
                .takes(SignUp.class)
                .answers(Session.class)
                .limited();
        routes.post("/authentication/sign-in", this::signIn)
                .open()
                .takes(SignIn.class)
                .answers(Session.class)
                .limited();
        routes.get("/users", this::page)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answersPage(User.class);
        routes.get("/users/me", this::me).principals(PrincipalType.USER).answers(UserWithBadges.class);
        routes.post("/users/me", this::profile).principals(PrincipalType.USER).answers(Profile.class);
        routes.get("/users/{id}", this::get)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(UserWithBadges.class);
    }

    private Session signUp(Call call) {
        return identities.signUp(call.body(SignUp.class));
    }

    private Session signIn(Call call) {
        return identities.signIn(call.body(SignIn.class));
    }

    private SeekPage<User> page(Call call) {
        var query = call.query();
        return identities.page(call.principal(), query.text("externalId"), query.page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private UserWithBadges me(Call call) {
        return identities.get(call.principal(), call.principal().id());
    }

    private Profile profile(Call call) {
        return identities.profile(call.principal());
    }

    private UserWithBadges get(Call call) {
        return identities.get(call.principal(), call.path("id"));
    }
}
