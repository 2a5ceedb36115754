-- loses rows
-- Locks and drops the tables that up created, with all their rows.

DROP TABLE flag;
DROP TABLE oauth_app;
DROP TABLE custom_domain;
DROP TABLE signing_key;
DROP TABLE api_key;
DROP TABLE user_badge;
DROP TABLE otp;
DROP TABLE user_invitation;
DROP TABLE project_member;
DROP TABLE project_role;
DROP TABLE project_plan;
DROP TABLE project;
DROP TABLE concurrency_pool;
DROP TABLE platform_plan;
DROP TABLE platform;
DROP TABLE "user";
DROP TABLE user_identity;
