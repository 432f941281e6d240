/** Known to everyone who reads this, which is why these accounts exist in no database but a developer's. */
export const DEMO_PASSWORD = 'demo-versbottomlex';

export const demoEmail = (username: string) => `${username}@example.com`;
