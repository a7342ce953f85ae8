import type { Files, TrackedFile } from '../service/files.ts'
import { wantedBytes } from './byte-ranges.ts'

/** Nothing that a browser would show or run: always a download, of the type that is none. */
export function downloadHeaders(path: string): Headers {
  const name = encodeURIComponent(path.split('/').at(-1)!).replaceAll("'", '%27')
  return new Headers({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${name}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-cache',
  })
}

/** A kept file with its length and digest; a part of it, or nothing when the client has it already. */
export async function fileResponse(
  files: Files,
  file: TrackedFile,
  request: Request,
): Promise<Response> {
  const headers = downloadHeaders(file.path)
  const etag = `"${file.digest}"`
  headers.set('etag', etag)
  headers.set('accept-ranges', 'bytes')
  if (matches(request.headers.get('if-none-match'), etag)) {
    return new Response(null, { status: 304, headers })
  }
  // A range of an older version would be a piece that fits nothing.
  const condition = request.headers.get('if-range')
  const asked = condition === null || condition === etag ? request.headers.get('range') : null
  const wanted = wantedBytes(asked, file.size)
  if (wanted.kind === 'unsatisfiable') {
    headers.set('content-range', `bytes */${file.size}`)
    return new Response(null, { status: 416, headers })
  }
  if (wanted.kind === 'whole') {
    headers.set('content-length', String(file.size))
    return new Response((await files.open(file.path)).content, { headers })
  }
  const { start, end } = wanted
  headers.set('content-length', String(end - start))
  headers.set('content-range', `bytes ${start}-${end - 1}/${file.size}`)
  const { content } = await files.open(file.path, { range: { start, end } })
  return new Response(content, { status: 206, headers })
}

function matches(header: string | null, etag: string): boolean {
  if (header === null) return false
  return header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))
}
