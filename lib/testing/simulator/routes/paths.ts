export const CALLBACK_URL_PATH = '/v3/merchant-service/complaint-notifications';
export const CERTIFICATES_PATH = '/v3/certificates';
export const IMAGES_PATH = '/v3/merchant-service/images/';
