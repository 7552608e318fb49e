import { type MerchantOptions, WechatPayComplaintModule } from 'nestjs-wechatpay-complaint';

declare const credentials: Pick<MerchantOptions, 'mchid' | 'serial' | 'privateKey' | 'apiV3Key'>;
declare const publicKeyPem: string;
declare const certificatePem: string;

export const modules = [
  // #region public-key
  WechatPayComplaintModule.forRoot({
    ...credentials,
    platformKeys: { PUB_KEY_ID_0119000001092024120600000000000000: publicKeyPem },
  }),
  // #endregion public-key
  // #region certificates
  WechatPayComplaintModule.forRoot(credentials),
  // #endregion certificates
  // #region pinned
  WechatPayComplaintModule.forRoot({
    ...credentials,
    platformKeys: { '5157F09EFDC096DE15EBE81A47057A7232F1B8E1': certificatePem },
  }),
  // #endregion pinned
  // #region migration
  WechatPayComplaintModule.forRoot({
    ...credentials,
    platformKeys: { PUB_KEY_ID_0119000001092024120600000000000000: publicKeyPem },
    platformCertificates: { download: true },
  }),
  // #endregion migration
];
