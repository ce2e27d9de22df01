#:project ../tests/TestSupport/TestSupport.csproj

using System.IO.Compression;
using Ingest.TestSupport;

using var comments = new CommentsGenerator(lines: 5000, seed: 1, flawed: true).OpenRead();
using var gzip = new GZipStream(Console.OpenStandardOutput(), CompressionLevel.SmallestSize);
comments.CopyTo(gzip);
