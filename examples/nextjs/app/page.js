export default function Page() {
  return <a href="/api/secret">How long is the secret?</a>;
}
