export type { S3BlobOptions } from './s3-blobs.ts'
export { openS3Blobs } from './s3-blobs.ts'
export type { S3ClientOptions, S3Credentials } from './s3-client.ts'
