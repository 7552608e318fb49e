import { schema } from 'nestjs-wechatpay-complaint/sql';

/** What a migration of the app runs. Without unique keys, so that a row that is written twice shows. */
export const MIGRATION = `
${schema('postgres')}
CREATE TABLE complaint (
  notification_id text NOT NULL,
  complaint_id    text NOT NULL,
  action          text NOT NULL,
  looked_up_at    timestamptz
);
CREATE TABLE complaint_job (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notification_id text NOT NULL
);
`;
