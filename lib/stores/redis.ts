export type { RedisClient, RedisClusterConnection, RedisConnection } from './redis-connection.js';
export {
  RedisNotificationStore,
  type RedisNotificationStoreClient,
  type RedisNotificationStoreConnection,
  type RedisNotificationStoreOptions,
  type RedisNotificationStoreSettings,
} from './redis-notification-store.js';
