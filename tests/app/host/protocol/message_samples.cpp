// One message of every type, a line each, for the test that holds them against the schema.
#include "message_samples.h"

#include <iostream>

int main() {
  for (const nlohmann::json& message : iso::test::message_samples()) std::cout << message.dump() << "\n";
}
