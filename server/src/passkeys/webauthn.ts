/** What makes and checks passkeys: a fifth of all modules, which is loaded when somebody uses one. */
export const loadWebAuthn = () => import('@simplewebauthn/server');
