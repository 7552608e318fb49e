export {
  type RedisClient,
  type RedisClusterConnection,
  RedisNotificationStore,
  type RedisNotificationStoreClient,
  type RedisNotificationStoreConnection,
  type RedisNotificationStoreOptions,
  type RedisNotificationStoreSettings,
} from './redis-notification-store.js';
